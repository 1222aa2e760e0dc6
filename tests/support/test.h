/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test.h - cmocka, with the headers that it requires. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
