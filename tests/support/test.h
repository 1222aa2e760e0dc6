/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test.h - cmocka, with what it wants included before it. */
#ifndef CGWARD_TEST_TEST_H
#define CGWARD_TEST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
