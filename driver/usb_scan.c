/* SPDX-License-Identifier: MIT */
#include "usb_scan.h"

#include "address.h"
#include "bytes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NODES_MAX      4096
#define INTERFACES_MAX 32

const struct ccid_usb_roots ccid_usb_roots = {
	.dev = "/dev/bus/usb",
	.sys = "/sys/bus/usb/devices",
	.proc = "/proc",
};

struct node {
	uint8_t bus, dev;
};

struct scan {
	const struct ccid_usb_roots *roots;
	const struct ccid_env *env;
	const struct ccid_address *only;
	int (*fn)(void *arg, const struct ccid_usb_found *found);
	void *arg;
	unsigned denied;
	struct ccid_usb_sysdev *sysdevs;
	int nsysdevs;
	struct node *nodes;
	size_t nnodes;
	struct ccid_usb_raw raw; /* of the device being looked at */
};

/* "001" to "255", else 0. */
static uint8_t three_digits(const char *name)
{
	unsigned v = 0;

	for (size_t i = 0; i < 3; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		v = v * 10 + (unsigned)(name[i] - '0');
	}
	return name[3] == '\0' && v <= 255 ? (uint8_t)v : 0;
}

static int node_add(struct scan *s, uint8_t bus, uint8_t dev)
{
	struct node *more = realloc(s->nodes, (s->nnodes + 1) * sizeof *more);

	if (more == NULL)
		return CCID_E_NOMEM;
	s->nodes = more;
	s->nodes[s->nnodes++] = (struct node){bus, dev};
	return 0;
}

static bool may_be_meant(const struct scan *s, const struct ccid_usb_found *f)
{
	return s->only == NULL || ccid_address_may_match(s->only, f);
}

/* Not so when we are short of means ourselves: nothing is known of it then. */
static int pass_over(struct scan *s, const struct ccid_usb_found *f, const char *node, int err)
{
	if (err == CCID_E_NOMEM)
		return err;
	if (!may_be_meant(s, f))
		return 0;
	s->denied += err == CCID_E_ACCESS;
	ccid_log(s->env, CCID_LOG_WARNING, NULL, "%s cannot be read: %s", node, ccid_err_text(err));
	return 0;
}

/* That of a bus, or with 0 that of all. NULL when it may not be read, or is not there any more. */
static int open_folder(struct scan *s, DIR **dir, const char *path, uint8_t bus)
{
	const struct ccid_usb_found f = {.bus = bus};

	*dir = opendir(path);
	if (*dir != NULL)
		return 0;
	if (errno == EACCES)
		return pass_over(s, &f, path, CCID_E_ACCESS);
	return ccid_usb_starved(errno) ? CCID_E_NOMEM : 0;
}

static int list_bus(struct scan *s, uint8_t bus)
{
	char path[512];
	struct dirent *e;
	DIR *dir;
	int err;

	snprintf(path, sizeof path, "%.400s/%03u", s->roots->dev, bus);
	err = open_folder(s, &dir, path, bus);
	if (dir == NULL)
		return err;
	while (err == 0 && s->nnodes < NODES_MAX && (e = readdir(dir)) != NULL) {
		uint8_t dev = three_digits(e->d_name);

		if (dev != 0)
			err = node_add(s, bus, dev);
	}
	closedir(dir);
	return err;
}

static int node_order(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return x->bus != y->bus ? x->bus - y->bus : x->dev - y->dev;
}

static int list_nodes(struct scan *s)
{
	struct dirent *e;
	DIR *dir;
	int err = open_folder(s, &dir, s->roots->dev, 0);

	if (dir == NULL)
		return err;
	while (err == 0 && (e = readdir(dir)) != NULL) {
		uint8_t bus = three_digits(e->d_name);

		if (bus != 0)
			err = list_bus(s, bus);
	}
	closedir(dir);
	if (s->nnodes > 0)
		qsort(s->nodes, s->nnodes, sizeof *s->nodes, node_order);
	return err;
}

static const char *port_path(const struct scan *s, struct node at)
{
	for (int i = 0; i < s->nsysdevs; i++)
		if (s->sysdevs[i].bus == at.bus && s->sysdevs[i].dev == at.dev)
			return s->sysdevs[i].name;
	return NULL;
}

static const uint8_t *active_config(const struct scan *s, const char *port, size_t *len)
{
	int value = port == NULL
	                    ? -1
	                    : ccid_usb_sysfs_number(s->roots->sys, port, "bConfigurationValue");
	const uint8_t *cfg = NULL;

	*len = ccid_usb_raw_config(&s->raw, value > 0 && value < 256 ? (uint8_t)value : 0, &cfg);
	return cfg;
}

static void identify_product(struct ccid_identity *id, const struct ccid_usb_raw *raw)
{
	struct ccid_rd r = ccid_rd(raw->device + 8, 6);

	id->vid = ccid_rd_le16(&r);
	id->pid = ccid_rd_le16(&r);
	id->bcd_device = ccid_rd_le16(&r);
}

static void identify_place(struct ccid_usb_found *f, const char *port)
{
	if (port == NULL)
		snprintf(f->id.address, sizeof f->id.address, "usb:%u/%u", f->bus, f->dev);
	else
		snprintf(f->id.address, sizeof f->id.address, "usb:%s", port);
}

static void identify_unit(const struct scan *s, struct ccid_usb_found *f, const char *port)
{
	const char *sys = s->roots->sys;
	struct ccid_identity *id = &f->id;

	id->speed = 255;
	if (port == NULL)
		return;
	id->speed = ccid_usb_sysfs_speed(sys, port);
	ccid_usb_sysfs_text(id->manufacturer, CCID_TEXT_MAX, sys, port, "manufacturer");
	ccid_usb_sysfs_text(id->product, CCID_TEXT_MAX, sys, port, "product");
	ccid_usb_sysfs_text(id->serial, CCID_TEXT_MAX, sys, port, "serial");
}

static void name_interface(const struct scan *s, struct ccid_usb_found *f, const char *port,
                           uint8_t config_value)
{
	char name[48];

	f->id.interface_name[0] = '\0';
	if (port == NULL)
		return;
	snprintf(name, sizeof name, "%s:%u.%u", port, config_value, f->interface);
	ccid_usb_sysfs_text(f->id.interface_name, CCID_TEXT_MAX, s->roots->sys, name, "interface");
}

/* The settings to drive, one an interface number. */
static size_t readers_in(struct ccid_interface out[INTERFACES_MAX], const uint8_t *cfg, size_t len,
                         const struct ccid_identity *id)
{
	struct ccid_interface any;
	size_t n = 0, pos = 0;

	while (n < INTERFACES_MAX && ccid_config_next(cfg, len, &pos, &any) == 1) {
		size_t i = 0;

		while (i < n && out[i].number != any.number)
			i++;
		if (i == n &&
		    ccid_transport_choose(&out[n], cfg, len, any.number, id->vid, id->pid) == 0)
			n++;
	}
	return n;
}

static int read_node(struct ccid_usb_raw *raw, const char *node)
{
	int fd = open(node, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;

	if (fd < 0 && ccid_usb_starved(errno))
		return CCID_E_NOMEM;
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? CCID_E_ACCESS : CCID_E_GONE;
	err = ccid_usb_raw_read(raw, fd);
	close(fd);
	return err;
}

/* Opening a node wakes a sleeping device, so what sysfs knows is not read there. */
static int read_device(struct scan *s, const char *node, const char *port)
{
	if (port == NULL || ccid_usb_sysfs_raw(&s->raw, s->roots->sys, port) != 0)
		return read_node(&s->raw, node);
	return 0;
}

static int readable(const char *node)
{
	if (faccessat(AT_FDCWD, node, R_OK, AT_EACCESS) == 0)
		return 0;
	return errno == EACCES || errno == EPERM ? CCID_E_ACCESS : CCID_E_GONE;
}

static int visit_interface(struct scan *s, struct ccid_usb_found *f, const struct ccid_interface *i,
                           const char *port)
{
	f->interface = i->number;
	if (ccid_class_desc_decode(&f->desc, i->desc, CCID_CLASS_DESC_LEN) != 0 ||
	    (s->only != NULL && !ccid_address_matches(s->only, f)))
		return 0;
	f->wiring = ccid_wiring_of(i);
	name_interface(s, f, port, i->config_value);
	return s->fn(s->arg, f);
}

static int visit_interfaces(struct scan *s, struct ccid_usb_found *f,
                            const struct ccid_interface *readers, const char *port)
{
	size_t len = strlen(f->id.address);
	int err = visit_interface(s, f, &readers[0], port);

	for (size_t i = 1; i < f->ninterfaces && err == 0; i++) {
		snprintf(f->id.address + len, sizeof f->id.address - len, "#%u", readers[i].number);
		err = visit_interface(s, f, &readers[i], port);
	}
	return err;
}

static int visit_node(struct scan *s, struct node at)
{
	struct ccid_interface readers[INTERFACES_MAX];
	struct ccid_usb_found f = {.bus = at.bus, .dev = at.dev};
	const char *port = port_path(s, at);
	const uint8_t *cfg;
	size_t len;
	int err;

	identify_place(&f, port);
	if (!may_be_meant(s, &f))
		return 0;
	snprintf(f.node, sizeof f.node, "%.50s/%03u/%03u", s->roots->dev, at.bus, at.dev);
	err = read_device(s, f.node, port);
	if (err != 0)
		return pass_over(s, &f, f.node, err);
	identify_product(&f.id, &s->raw);
	cfg = active_config(s, port, &len);
	f.ninterfaces = cfg == NULL ? 0 : (uint8_t)readers_in(readers, cfg, len, &f.id);
	if (f.ninterfaces == 0)
		return 0;
	identify_unit(s, &f, port);
	err = readable(f.node);
	if (err != 0)
		return pass_over(s, &f, f.node, err);
	return visit_interfaces(s, &f, readers, port);
}

static int scan_run(struct scan *s)
{
	int err = list_nodes(s);

	if (err != 0)
		return err;
	s->nsysdevs = ccid_usb_sysfs_list(&s->sysdevs, s->roots->sys);
	if (s->nsysdevs < 0)
		return s->nsysdevs;
	for (size_t i = 0; i < s->nnodes && err == 0; i++)
		err = visit_node(s, s->nodes[i]);
	return err;
}

int ccid_usb_scan_at(const struct ccid_usb_roots *roots, const struct ccid_env *env,
                     const struct ccid_address *only,
                     int (*fn)(void *arg, const struct ccid_usb_found *found), void *arg,
                     unsigned *denied)
{
	struct scan *s = calloc(1, sizeof *s);
	int err;

	if (s == NULL)
		return CCID_E_NOMEM;
	s->roots = roots;
	s->env = env;
	s->only = only;
	s->fn = fn;
	s->arg = arg;
	err = scan_run(s);
	if (denied != NULL)
		*denied = s->denied;
	free(s->sysdevs);
	free(s->nodes);
	free(s);
	return err;
}

int ccid_usb_scan(const struct ccid_env *env, const struct ccid_address *only,
                  int (*fn)(void *arg, const struct ccid_usb_found *found), void *arg,
                  unsigned *denied)
{
	return ccid_usb_scan_at(&ccid_usb_roots, env, only, fn, arg, denied);
}
