/* SPDX-License-Identifier: MIT */
/* Read before every C file: all that is declared is part of this image, so no address needs a
 * global offset table and the image has no relocations but relative ones. */
#pragma GCC visibility push(hidden)
