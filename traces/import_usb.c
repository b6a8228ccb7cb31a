/* SPDX-License-Identifier: MIT */
/* An import of USB events: look for the device, then convert what it said. */
#include "import_convert.h"
#include "import_priv.h"
#include "input.h"

#include <stdio.h>
#include <stdlib.h>

/* How a round ended: a file that is cut off or damaged is good up to there. */
static bool is_usable(int got)
{
	return got == 0 || got == CCID_E_SHORT || got == CCID_E_FORMAT;
}

static int look(struct ccid_import_job *j, struct ccid_usb_source *s, struct ccid_survey *survey)
{
	struct ccid_usb_event e;
	int got, err = 0;

	while (err == 0 && (got = s->next(s, &e)) == 1) {
		err = ccid_survey_event(survey, &e);
		ccid_import_step(j, s->in, 0);
	}
	return err != 0 ? ccid_import_fail(j, err, "%s", ccid_err_text(err)) : got;
}

static int convert(struct ccid_import_job *j, struct ccid_usb_source *s,
                   struct ccid_import_convert *c)
{
	struct ccid_usb_event e;
	int got;

	while ((got = s->next(s, &e)) == 1 && j->out.failed == 0) {
		ccid_import_convert_event(c, &e);
		ccid_import_step(j, s->in, 1);
	}
	ccid_import_convert_end(c);
	j->report->lost = c->lost;
	j->report->foreign = c->foreign;
	return j->out.failed != 0 ? j->out.failed : got;
}

/* What the source found wrong comes before what follows from it. */
static int no_device(struct ccid_import_job *j, const struct ccid_usb_source *s, int got,
                     const char *problem)
{
	if (got != 0)
		return ccid_import_fail(j, got, "%s", s->problem);
	return ccid_import_fail(j, CCID_E_NOTFOUND, "%s", problem);
}

static int second_round(struct ccid_import_job *j, struct ccid_usb_source *s,
                        const struct ccid_survey_device *chosen)
{
	struct ccid_import_device *device = malloc(sizeof *device);
	struct ccid_import_convert c = {.out = &j->out, .survey = chosen, .device = device};
	int err;

	if (device == NULL)
		return ccid_import_fail(j, CCID_E_NOMEM, "out of memory");
	if (s->identify != NULL)
		s->identify(s, chosen->bus, chosen->device);
	if (!ccid_import_describe(device, chosen, &s->identity)) {
		free(device);
		return ccid_import_fail(j, CCID_E_NOTFOUND,
		                        "device %u.%u: neither descriptors nor traffic tell enough",
		                        (unsigned)chosen->bus, (unsigned)chosen->device);
	}
	j->report->bus = chosen->bus;
	j->report->device = chosen->device;
	ccid_import_tell(device, j->report->made, sizeof j->report->made);
	err = s->rewind(s);
	if (err == 0)
		err = ccid_import_begin(j, j->report->made);
	if (err == 0)
		err = convert(j, s, &c);
	if (err != 0 && j->report->problem[0] == '\0')
		ccid_import_fail(j, err, "%s", s->problem[0] ? s->problem : ccid_err_text(err));
	free(device);
	return err;
}

int ccid_import_usb(struct ccid_import_job *j, struct ccid_usb_source *s)
{
	struct ccid_survey *survey = calloc(1, sizeof *survey);
	const struct ccid_survey_device *chosen = NULL;
	char problem[CCID_TRACE_PROBLEM_MAX];
	int err = CCID_E_NOMEM;

	if (survey != NULL)
		err = look(j, s, survey);
	if (survey != NULL && is_usable(err)) {
		chosen = ccid_survey_choose(survey, j->options->device_given, j->options->bus,
		                            j->options->device, problem, sizeof problem);
		j->report->format = s->format;
		err = chosen != NULL ? second_round(j, s, chosen) : no_device(j, s, err, problem);
	}
	if (survey != NULL)
		ccid_survey_free(survey);
	free(survey);
	s->close(s);
	return err;
}
