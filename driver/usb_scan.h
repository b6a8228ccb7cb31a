/* SPDX-License-Identifier: MIT */
/* The folders that a scan reads, so that a test can offer made-up ones. */
#ifndef CCID_USB_SCAN_H
#define CCID_USB_SCAN_H

#include "transport_usb.h"

struct ccid_usb_roots {
	const char *dev;  /* "/dev/bus/usb": BBB/DDD device nodes */
	const char *sys;  /* "/sys/bus/usb/devices"; need not exist */
	const char *proc; /* "/proc"; need not exist */
};
extern const struct ccid_usb_roots ccid_usb_roots;

/* ccid_usb_scan() below other roots. */
CCID_MUST_USE
int ccid_usb_scan_at(const struct ccid_usb_roots *roots, const struct ccid_env *env,
                     const struct ccid_address *only,
                     int (*fn)(void *arg, const struct ccid_usb_found *found), void *arg,
                     unsigned *denied);

/* ccid_usb_holder() below another proc. */
void ccid_usb_holder_at(const struct ccid_usb_roots *roots, char *out, size_t cap,
                        const char *node);

#define CCID_USB_DEVICE_DESC_LEN 18
#define CCID_USB_CONFIG_MAX      8192 /* configuration descriptors kept of one device */

/* Device descriptor and configurations as usbfs and the sysfs file "descriptors" give them. */
struct ccid_usb_raw {
	uint8_t device[CCID_USB_DEVICE_DESC_LEN];
	uint8_t configs[CCID_USB_CONFIG_MAX];
	size_t configs_len;
};

/* Read them from an open usbfs node or sysfs file, leaving its offset alone. CCID_E_GONE,
 * CCID_E_IO, CCID_E_FORMAT when what comes is no device descriptor. */
CCID_MUST_USE
int ccid_usb_raw_read(struct ccid_usb_raw *raw, int fd);

/* The configuration with bConfigurationValue value, or the first one when value is 0: its length
 * (at most wTotalLength) and start in *cfg; 0 when there is none. */
size_t ccid_usb_raw_config(const struct ccid_usb_raw *raw, uint8_t value, const uint8_t **cfg);

/* A device below sys. */
struct ccid_usb_sysdev {
	uint8_t bus, dev;
	char name[32]; /* port path, "1-2.3" */
};

/* Whether opening failed with this errno for want of descriptors or memory: what could not be opened may
 * well be there. */
bool ccid_usb_starved(int os_errno);

/* List the devices of sys: count, and *out to be freed. 0 when there is no such folder. CCID_E_NOMEM
 * (descriptors too). */
CCID_MUST_USE
int ccid_usb_sysfs_list(struct ccid_usb_sysdev **out, const char *sys);

/* One attribute "NAME/attr" as clean text: printable UTF-8, blanks cut. "" when unknown. */
void ccid_usb_sysfs_text(char *out, size_t cap, const char *sys, const char *name,
                         const char *attr);

/* An attribute as a decimal number, -1 when unknown. */
int ccid_usb_sysfs_number(const char *sys, const char *name, const char *attr);

/* The file "descriptors" of a device. CCID_E_NOTFOUND when there is none. */
CCID_MUST_USE
int ccid_usb_sysfs_raw(struct ccid_usb_raw *raw, const char *sys, const char *name);

/* enum of ccid_identity.speed from the attribute "speed" (Mbit/s). */
uint8_t ccid_usb_sysfs_speed(const char *sys, const char *name);

/* Make text safe to print: each byte of malformed UTF-8, and of what ccid_is_printable() refuses,
 * becomes '?', leading and trailing blanks are cut. In place. */
void ccid_usb_text_clean(char *text);

#endif
