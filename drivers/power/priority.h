/* SPDX-License-Identifier: MIT */
/* Which way of ending the machine is tried before which: one that carries an exit status out first,
 * firmware's next, bare registers last. */
#ifndef DRIVERS_POWER_PRIORITY_H
#define DRIVERS_POWER_PRIORITY_H

#define POWER_CARRIES_STATUS 300
#define POWER_FIRMWARE       200
#define POWER_REGISTERS      100
#define POWER_LAST           0

#endif
