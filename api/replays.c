/* SPDX-License-Identifier: MIT */
#include "replays.h"

#include "blob.h"
#include "process.h"
#include "replay_address.h"
#include "result.h"

#include <iscard/replay.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIFF_MAX 4096

/* One opening of a replay: address. */
struct ccid_play {
	struct ccid_play *next;
	struct ccid_replay *of;
	struct ccid_player *player;
};

/* One address. */
struct ccid_replay {
	struct ccid_replay *next;
	struct ccid_replays *all;
	char *address;
	struct ccid_play *plays; /* that are open */
	bool told;               /* left tells of one that is over */
	size_t left;             /* of the best of those */
	char *difference;        /* of the first of them that diverged, or NULL */
};

void ccid_replays_init(struct ccid_replays *r)
{
	*r = (struct ccid_replays){.first = NULL};
	pthread_mutex_init(&r->lock, NULL);
}

void ccid_replays_fini(struct ccid_replays *r)
{
	while (r->first != NULL) {
		struct ccid_replay *gone = r->first;

		r->first = gone->next;
		free(gone->difference);
		free(gone->address);
		free(gone);
	}
	pthread_mutex_destroy(&r->lock);
}

#ifdef ISCARD_USBREDIR

static struct ccid_replay *find(struct ccid_replays *all, const char *address)
{
	struct ccid_replay *r = all->first;

	while (r != NULL && strcmp(r->address, address) != 0)
		r = r->next;
	return r;
}

/* The record of this address, made if need be; NULL when memory is out. Lock held. */
static struct ccid_replay *get(struct ccid_replays *all, const char *address)
{
	struct ccid_replay *r = find(all, address);

	if (r != NULL)
		return r;
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->all = all;
	r->address = ccid_text_copy(address, strlen(address));
	if (r->address == NULL) {
		free(r);
		return NULL;
	}
	r->next = all->first;
	all->first = r;
	return r;
}

static struct ccid_play *new_play(struct ccid_replays *all, const char *address)
{
	struct ccid_play *play = calloc(1, sizeof *play);

	if (play == NULL)
		return NULL;
	pthread_mutex_lock(&all->lock);
	play->of = get(all, address);
	pthread_mutex_unlock(&all->lock);
	if (play->of == NULL) {
		free(play);
		return NULL;
	}
	return play;
}

static void begun(void *ctx, struct ccid_player *p)
{
	struct ccid_play *play = ctx;

	pthread_mutex_lock(&play->of->all->lock);
	play->player = p;
	play->next = play->of->plays;
	play->of->plays = play;
	pthread_mutex_unlock(&play->of->all->lock);
}

/* Lock held. */
static void settle(struct ccid_replay *r, struct ccid_player *p)
{
	char text[DIFF_MAX];
	size_t left = ccid_player_report(p, text, sizeof text);

	if (!r->told || left < r->left)
		r->left = left;
	r->told = true;
	if (text[0] != '\0' && r->difference == NULL)
		r->difference = ccid_text_copy(text, strlen(text));
}

/* In the child of a fork the lock may be held for ever, and nobody asks. */
static void ended(void *ctx, struct ccid_player *p)
{
	struct ccid_play *play = ctx, **at = &play->of->plays;
	struct ccid_replays *all = play->of->all;

	if (all->epoch != ccid_process_epoch())
		return;
	pthread_mutex_lock(&all->lock);
	while (*at != NULL && *at != play)
		at = &(*at)->next;
	if (*at == play)
		*at = play->next;
	settle(play->of, p);
	pthread_mutex_unlock(&all->lock);
	free(play);
}

static int open_play(struct ccid_transport **out, iscard_context *c, const char *address,
                     struct ccid_replay_address *a)
{
	char problem[256] = "";
	struct ccid_play *play = new_play(&c->replays, address);
	int err;

	if (play == NULL)
		return CCID_E_NOMEM;
	a->options.begun = begun;
	a->options.ended = ended;
	a->options.ctx = play;
	err = ccid_transport_open_replay(out, a->path, &a->options, &c->env, problem,
	                                 sizeof problem);
	if (err == 0)
		return 0;
	ccid_log(&c->env, CCID_LOG_ERROR, NULL, "%s: %s", a->path,
	         problem[0] != '\0' ? problem : ccid_err_text(err));
	free(play);
	return err;
}

int ccid_replays_open(struct ccid_transport **out, iscard_context *c, const char *address)
{
	struct ccid_replay_address a;
	int err = ccid_replay_address_parse(&a, address, NULL);

	if (err != 0)
		return err;
	err = open_play(out, c, address, &a);
	free(a.path);
	return err;
}

/* What is said of one address, open replays included. Lock held. False when nothing was played. */
static bool sum_up(struct ccid_replay *r, size_t *left, char *text)
{
	bool told = r->told;

	*left = r->left;
	snprintf(text, DIFF_MAX, "%s", r->difference != NULL ? r->difference : "");
	for (struct ccid_play *p = r->plays; p != NULL; p = p->next) {
		char now[DIFF_MAX];
		size_t n = ccid_player_report(p->player, now, sizeof now);

		*left = told && *left < n ? *left : n;
		told = true;
		if (text[0] == '\0')
			memcpy(text, now, sizeof now);
	}
	return told;
}

/* Grow a text; false when memory is out. */
static bool append(char **text, const char *more)
{
	size_t n = strlen(*text);
	char *grown = realloc(*text, n + strlen(more) + 1);

	if (grown == NULL)
		return false;
	memcpy(grown + n, more, strlen(more) + 1);
	*text = grown;
	return true;
}

static HRESULT check(struct ccid_replays *all, char **difference, size_t *left)
{
	HRESULT hr = SCARD_E_UNKNOWN_READER;
	char text[DIFF_MAX];
	bool diverged = false;
	size_t n;

	*left = 0;
	for (struct ccid_replay *r = all->first; r != NULL; r = r->next) {
		if (!sum_up(r, &n, text))
			continue;
		if (!append(difference, text))
			return E_OUTOFMEMORY;
		diverged = diverged || text[0] != '\0';
		*left += n;
		hr = S_OK;
	}
	if (diverged)
		return ISCARD_E_DIVERGED;
	return *left > 0 ? S_FALSE : hr;
}

HRESULT iscard_replay_check(iscard_context *context, char **difference, size_t *left)
{
	char *text = ccid_text_copy("", 0);
	iscard_context *c;
	size_t n = 0;
	HRESULT hr = ccid_context_get(context, &c);

	if (SUCCEEDED(hr)) {
		hr = E_OUTOFMEMORY;
		pthread_mutex_lock(&c->replays.lock);
		if (text != NULL)
			hr = check(&c->replays, &text, &n);
		pthread_mutex_unlock(&c->replays.lock);
		iscard_context_unref(c);
	}
	if (left != NULL)
		*left = n;
	if (difference != NULL)
		*difference = text;
	else
		free(text);
	return hr;
}

#else

int ccid_replays_open(struct ccid_transport **out, iscard_context *c, const char *address)
{
	(void)out;
	ccid_log(&c->env, CCID_LOG_ERROR, NULL,
	         "%s: built without usbredir, no trace can be played", address);
	return CCID_E_UNSUPPORTED;
}

HRESULT iscard_replay_check(iscard_context *context, char **difference, size_t *left)
{
	(void)context;
	if (left != NULL)
		*left = 0;
	if (difference != NULL)
		*difference = NULL;
	return SCARD_E_UNSUPPORTED_FEATURE;
}

#endif
