/* SPDX-License-Identifier: MIT */
/* From an address to a transport. */
#include "address.h"
#include "transport_usb.h"

#ifdef ISCARD_USBREDIR
#include "transport_usbredir.h"
#endif

static int take(void *arg, const struct ccid_usb_found *found)
{
	*(struct ccid_usb_found *)arg = *found;
	return 1;
}

static int open_usb(struct ccid_transport **out, const struct ccid_address *a,
                    const struct ccid_env *env)
{
	struct ccid_usb_found first;
	unsigned denied = 0;
	int rc = ccid_usb_scan(env, a, take, &first, &denied);

	if (rc == 0)
		return denied > 0 ? CCID_E_ACCESS : CCID_E_NOTFOUND;
	return rc < 0 ? rc : ccid_transport_open_usb(out, &first, env);
}

#ifdef ISCARD_USBREDIR
static int connect_stream(struct ccid_stream **out, const struct ccid_address *a,
                          const struct ccid_env *env, int64_t deadline)
{
	const char *any = a->text[0] != '\0' ? a->text : NULL;

	if (a->kind == CCID_ADDRESS_REDIR_TCP)
		return ccid_stream_connect_tcp(out, a->text, a->port, env, deadline);
	if (a->kind == CCID_ADDRESS_REDIR_UNIX)
		return ccid_stream_connect_unix(out, a->text, env, deadline);
	return ccid_stream_listen_tcp(out, any, a->port, env, deadline);
}

static int open_redir(struct ccid_transport **out, const struct ccid_address *a, const char *text,
                      const struct ccid_env *env, int64_t deadline)
{
	struct ccid_stream *stream = NULL;
	int rc = connect_stream(&stream, a, env, deadline);

	if (rc < 0)
		return rc;
	rc = ccid_transport_open_usbredir(out, stream, text, -1, env, deadline);
	if (rc < 0)
		stream->ops->close(stream);
	return rc;
}
#else
static int open_redir(struct ccid_transport **out, const struct ccid_address *a, const char *text,
                      const struct ccid_env *env, int64_t deadline)
{
	(void)out;
	(void)a;
	(void)text;
	(void)env;
	(void)deadline;
	return CCID_E_UNSUPPORTED;
}
#endif

int ccid_address_open(struct ccid_transport **out, const struct ccid_address *a, const char *text,
                      const struct ccid_env *env, int64_t deadline)
{
	switch (a->kind) {
	case CCID_ADDRESS_USB_PORT:
	case CCID_ADDRESS_USB_ID: return open_usb(out, a, env);
	case CCID_ADDRESS_FD: return ccid_transport_open_usb_fd(out, a->fd, -1, env);
	case CCID_ADDRESS_REDIR_TCP:
	case CCID_ADDRESS_REDIR_UNIX:
	case CCID_ADDRESS_REDIR_LISTEN: return open_redir(out, a, text, env, deadline);
	case CCID_ADDRESS_USB_ALL:
	case CCID_ADDRESS_OTHER: break;
	}
	return CCID_E_ARG;
}
