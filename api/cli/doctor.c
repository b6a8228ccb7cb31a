/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 600

#define CONTAINER                                                                                  \
	"in a container, hand the device in: --device /dev/bus/usb (docker, podman), a device of " \
	"type unix-char or usb (LXD). Elsewhere, mount devtmpfs on /dev or let mdev make the "     \
	"nodes, and load the driver of the USB controller"

static const struct {
	const char *name;
	enum doctor_level level;
	int code; /* enum cli_exit */
	const char *advice;
} table[DOCTOR_IDS] = {
	[DOCTOR_NO_USB] = {"no-usb", DOCTOR_PROBLEM, CLI_NO_READER, CONTAINER},
	[DOCTOR_NO_SYSFS] = {"no-sysfs", DOCTOR_NOTE, CLI_OK,
                             "nothing is missing but port numbers and names; they come with /sys"},
	[DOCTOR_NO_NODE] = {"no-node", DOCTOR_PROBLEM, CLI_NO_READER, CONTAINER},
	[DOCTOR_DENIED] = {"no-permission", DOCTOR_PROBLEM, CLI_NO_ACCESS,
                           "install udev/60-iscard.rules in /etc/udev/rules.d (with mdev, "
                           "udev/iscard.mdev.conf), join the group plugdev, log in again and plug "
                           "the reader in again; or run as root"},
	[DOCTOR_CLOSED] = {"no-look", DOCTOR_PROBLEM, CLI_NO_ACCESS,
                           "let all search the folders on this path (chmod a+rx), or see what "
                           "AppArmor or SELinux has logged. On Android, take the descriptor of a "
                           "UsbDeviceConnection, as fd:N"},
	[DOCTOR_UNREADABLE] = {"unreadable", DOCTOR_ODD, CLI_OK,
                               "if a reader is among them, see that this user may open its node"},
	[DOCTOR_NO_READER] = {"no-reader", DOCTOR_PROBLEM, CLI_NO_READER,
                              "plug it in, try another cable or port, and see whether the kernel "
                              "has found it (dmesg, lsusb). Readers have an interface of class 0B; "
                              "those of a vendor's own class need its own driver"},
	[DOCTOR_UNREACHABLE] = {"unreachable", DOCTOR_PROBLEM, CLI_NO_READER,
                                "start the server at this address, or correct the address"},
	[DOCTOR_PEER] =
		{"peer", DOCTOR_PROBLEM, CLI_FAILED,
                 "see that it is a usbredir host (usbredirect, iscard replay --serve), that "
                 "a reader is plugged in there, and that no other program has it"},
	[DOCTOR_HELD] = {"in-use", DOCTOR_PROBLEM, CLI_NO_ACCESS,
                         "stop that program. pcscd: systemctl stop pcscd.socket pcscd.service; "
                         "scdaemon: gpgconf --kill scdaemon"},
	[DOCTOR_OPEN] = {"open-elsewhere", DOCTOR_NOTE, CLI_OK, NULL},
	[DOCTOR_LOCKED_OUT] = {"not-authorized", DOCTOR_PROBLEM, CLI_NO_ACCESS,
                               "as root, usbguard allow-device, or write 1 into that file"},
	[DOCTOR_REFUSED] = {"refused", DOCTOR_PROBLEM, CLI_NO_ACCESS,
                            "in a container: --device-cgroup-rule 'c 189:* rmw' (docker, podman); "
                            "in a service of systemd: DeviceAllow=char-usb_device rw; else see "
                            "what AppArmor or SELinux has logged"},
	[DOCTOR_DRIVER] = {"kernel-driver", DOCTOR_NOTE, CLI_OK,
                           "it is taken off while the reader is in use and put back afterwards. To "
                           "leave it alone, nothing more was tried now"},
	[DOCTOR_UNSUPPORTED] = {"unsupported", DOCTOR_PROBLEM, CLI_FAILED,
                                "send the output of \"iscard info --json\" to those who make this "
                                "library"},
	[DOCTOR_FIRMWARE] = {"firmware", DOCTOR_ODD, CLI_OK,
                             "ask the vendor for newer firmware when something goes wrong"},
	[DOCTOR_QUIRK] = {"quirk", DOCTOR_NOTE, CLI_OK, NULL},
	[DOCTOR_DESCRIPTOR] = {"descriptor", DOCTOR_NOTE, CLI_OK, NULL},
	[DOCTOR_NO_PIN] = {"pin-pad-off", DOCTOR_ODD, CLI_OK,
                           "PINs have to be entered on this machine"},
	[DOCTOR_NO_CARD] = {"no-card", DOCTOR_PROBLEM, CLI_NO_CARD, "put a card in"},
	[DOCTOR_MUTE] = {"card-mute", DOCTOR_PROBLEM, CLI_NO_CARD,
                         "turn the card round, put it in to the end, clean its contacts, try "
                         "another card; a memory card has no processor to answer"},
	[DOCTOR_CARD] = {"card-unusable", DOCTOR_PROBLEM, CLI_NO_CARD,
                         "try another card, and this card in another reader"},
	[DOCTOR_ATR] = {"atr-odd", DOCTOR_NOTE, CLI_OK, NULL},
	[DOCTOR_FAILS] = {"fails", DOCTOR_PROBLEM, CLI_FAILED,
                          "plug the reader in again. If it goes on, record it: iscard record"},
	[DOCTOR_ANSWERS] = {"card-answers", DOCTOR_GOOD, CLI_OK, NULL},
};

const char *doctor_level_name(enum doctor_level level)
{
	static const char *const names[] = {"good", "note", "odd", "problem"};

	return names[level];
}

void doctor_say(struct doctor *d, enum doctor_id id, const char *format, ...)
{
	char text[TEXT_MAX];
	struct doctor_finding f = {.id = id,
	                           .level = table[id].level,
	                           .name = table[id].name,
	                           .reader = d->reader != NULL ? d->reader : "",
	                           .address = d->address != NULL ? d->address : "",
	                           .text = text,
	                           .advice = table[id].advice};
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (f.level == DOCTOR_PROBLEM && d->code == CLI_OK)
		d->code = table[id].code;
	d->tell(d->arg, &f);
}
