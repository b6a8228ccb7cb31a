/* SPDX-License-Identifier: MIT */
/* From a connection to a claimed interface: handshake, descriptors, configuration, names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "usbredir_priv.h"

#define CONFIG_HEAD    9
#define CONFIGS_MAX    8
#define STRING_MS      1000
#define LANG_EN_US     0x0409
#define GET_DESCRIPTOR 6
#define DESC_DEVICE    1
#define DESC_CONFIG    2
#define DESC_STRING    3

static int get_descriptor(struct ccid_redir *r, uint16_t value, uint16_t index, uint8_t *buf,
                          uint16_t len, int64_t deadline)
{
	struct ccid_setup setup = {0x80, GET_DESCRIPTOR, value, index, len};
	int n = ccid_redir_control(r, &setup, buf, deadline);

	if (n >= 2 && buf[1] != value >> 8)
		return CCID_E_FORMAT;
	return n;
}

static int shake_hands(struct ccid_redir *r, int64_t deadline)
{
	int rc = CCID_OK;

	ccid_redir_pump(r);
	while (rc == CCID_OK && !r->connected)
		rc = ccid_redir_step(r, false, deadline);
	return rc < 0 ? rc : r->error;
}

static int read_device(struct ccid_redir *r, int64_t deadline)
{
	struct ccid_identity *id = &r->base.id;
	struct ccid_rd rd = ccid_rd(r->device_desc, sizeof r->device_desc);
	int n = get_descriptor(r, DESC_DEVICE << 8, 0, r->device_desc, sizeof r->device_desc,
	                       deadline);

	if (n < 0)
		return n;
	if (n != (int)sizeof r->device_desc || r->device_desc[0] != sizeof r->device_desc)
		return CCID_E_FORMAT;
	(void)ccid_rd_view(&rd, 8);
	id->vid = ccid_rd_le16(&rd);
	id->pid = ccid_rd_le16(&rd);
	id->bcd_device = ccid_rd_le16(&rd);
	return id->vid == r->vid && id->pid == r->pid ? CCID_OK : CCID_E_FORMAT;
}

/* Into r->config, replacing what was there. Its length, or a failure. */
static int read_config(struct ccid_redir *r, uint8_t index, int64_t deadline)
{
	uint8_t head[CONFIG_HEAD];
	uint16_t value = (uint16_t)(DESC_CONFIG << 8 | index);
	int n = get_descriptor(r, value, 0, head, sizeof head, deadline);
	uint16_t total;

	if (n < 0)
		return n;
	if (n != (int)sizeof head || head[0] < CONFIG_HEAD)
		return CCID_E_FORMAT;
	total = (uint16_t)(head[2] | head[3] << 8);
	if (total < CONFIG_HEAD)
		return CCID_E_FORMAT;
	free(r->config);
	r->config = malloc(total);
	if (r->config == NULL)
		return CCID_E_NOMEM;
	n = get_descriptor(r, value, 0, r->config, total, deadline);
	return n >= 0 && n < CONFIG_HEAD ? CCID_E_FORMAT : n;
}

static int await_status(struct ccid_redir *r, int64_t deadline)
{
	return ccid_redir_await(r, &r->ctl, deadline);
}

/* The configuration the device is in, 0 for none. */
static int current_config(struct ccid_redir *r, int64_t deadline)
{
	usbredirparser_send_get_configuration(r->parser, ccid_redir_begin(r, &r->ctl));
	return await_status(r, deadline);
}

/* A device that is configured already is left as it is: others may use its other interfaces. */
static int choose(struct ccid_redir *r, int wanted, int64_t deadline)
{
	int current = current_config(r, deadline);
	unsigned count = r->device_desc[17];
	int rc = CCID_E_NOTFOUND;

	if (current < 0)
		return current;
	for (unsigned i = 0; i < count && i < CONFIGS_MAX && rc < 0; i++) {
		int n = read_config(r, (uint8_t)i, deadline);

		if (n < 0)
			return n;
		if (current != 0 && r->config[5] != current)
			continue;
		r->base.config = r->config;
		r->base.config_len = (size_t)n;
		rc = ccid_transport_choose(&r->base.iface, r->config, (size_t)n, wanted, r->vid,
		                           r->pid);
	}
	return rc;
}

static void check_endpoint(const struct ccid_redir *r, uint8_t address, uint8_t type)
{
	unsigned i = (address & 0x0Fu) | (address & 0x80u) >> 3;

	if (address != 0 && r->ep_type[i] != type)
		ccid_log(r->base.env, CCID_LOG_WARNING, r->base.id.address,
		         "usbredir: ep_info calls endpoint %02X type %u, its descriptor type %u",
		         address, r->ep_type[i], type);
}

static int set_configuration(struct ccid_redir *r, int64_t deadline)
{
	struct usb_redir_set_configuration_header h = {.configuration = r->base.iface.config_value};
	int rc;

	usbredirparser_send_set_configuration(r->parser, ccid_redir_begin(r, &r->ctl), &h);
	rc = await_status(r, deadline);
	return rc < 0 ? rc : CCID_OK;
}

static int set_alt_setting(struct ccid_redir *r, int64_t deadline)
{
	struct usb_redir_set_alt_setting_header h = {.interface = r->base.iface.number,
	                                             .alt = r->base.iface.alt};
	int rc;

	usbredirparser_send_set_alt_setting(r->parser, ccid_redir_begin(r, &r->ctl), &h);
	rc = await_status(r, deadline);
	return rc < 0 ? rc : CCID_OK;
}

int ccid_redir_configure(struct ccid_redir *r, int64_t deadline)
{
	const struct ccid_interface *ifc = &r->base.iface;
	int rc = current_config(r, deadline);

	if (rc >= 0)
		rc = rc == ifc->config_value ? CCID_OK : set_configuration(r, deadline);
	if (rc == CCID_OK && ifc->alt != 0)
		rc = set_alt_setting(r, deadline);
	if (rc < 0)
		return rc;
	check_endpoint(r, ifc->bulk_out.address, usb_redir_type_bulk);
	check_endpoint(r, ifc->bulk_in.address, usb_redir_type_bulk);
	check_endpoint(r, ifc->intr_in.address, usb_redir_type_interrupt);
	ccid_redir_intr_start(r);
	ccid_redir_flush(r);
	return ccid_redir_error(r);
}

/* A name is worth a second, not the whole opening. */
static int get_string(struct ccid_redir *r, uint8_t index, uint16_t lang, uint8_t *buf,
                      int64_t deadline)
{
	int64_t soon = ccid_env_now(r->base.env) + STRING_MS;

	return get_descriptor(r, (uint16_t)(DESC_STRING << 8 | index), lang, buf, 255,
	                      soon < deadline ? soon : deadline);
}

static uint16_t language(const uint8_t *list, int n)
{
	int end = n < list[0] ? n : list[0];

	for (int i = 2; i + 1 < end; i += 2)
		if ((list[i] | list[i + 1] << 8) == LANG_EN_US)
			return LANG_EN_US;
	return (uint16_t)(end >= 4 ? list[2] | list[3] << 8 : 0);
}

static void read_names(struct ccid_redir *r, int64_t deadline)
{
	struct ccid_identity *id = &r->base.id;
	const struct {
		uint8_t index;
		char *text;
	} name[] = {
		{r->device_desc[14], id->manufacturer},
		{r->device_desc[15], id->product},
		{r->device_desc[16], id->serial},
		{r->base.iface.name_index, id->interface_name},
	};
	uint8_t buf[255];
	int n = get_string(r, 0, 0, buf, deadline);
	uint16_t lang = n >= 4 ? language(buf, n) : 0;

	for (size_t i = 0; i < sizeof name / sizeof name[0] && lang != 0; i++) {
		if (name[i].index == 0 || r->error < 0)
			continue;
		n = get_string(r, name[i].index, lang, buf, deadline);
		if (n >= 2)
			ccid_text_from_usb(name[i].text, CCID_TEXT_MAX, buf, (size_t)n);
	}
}

static int establish(struct ccid_redir *r, int interface, int64_t deadline)
{
	int rc = shake_hands(r, deadline);

	if (rc == CCID_OK)
		rc = read_device(r, deadline);
	if (rc == CCID_OK)
		rc = choose(r, interface, deadline);
	if (rc == CCID_OK)
		read_names(r, deadline);
	if (rc == CCID_OK)
		rc = ccid_redir_configure(r, deadline);
	return rc == CCID_E_STALL ? CCID_E_IO : rc;
}

int ccid_transport_open_usbredir(struct ccid_transport **out, struct ccid_stream *stream,
                                 const char *address, int interface, const struct ccid_env *env,
                                 int64_t deadline)
{
	struct ccid_redir *r = calloc(1, sizeof *r);
	int rc;

	if (r == NULL)
		return CCID_E_NOMEM;
	r->base.ops = &ccid_redir_ops;
	r->base.env = env;
	r->base.device_desc = r->device_desc;
	snprintf(r->base.id.address, sizeof r->base.id.address, "%s", address);
	r->owner = getpid();
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_lock(&r->lock);
	rc = ccid_redir_link_open(r, stream);
	if (rc == CCID_OK)
		rc = establish(r, interface, deadline);
	r->opened = true;
	pthread_mutex_unlock(&r->lock);
	if (rc < 0) {
		ccid_redir_free(r);
		return rc;
	}
	*out = &r->base;
	return CCID_OK;
}
