# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cgward_ids(NAME TABLE PREFIX MODULE [ENUMERATOR...]): numbers the rows of TABLE.
#
# include/cgward/NAME-ids.h is the public enum of the rows and the other ENUMERATORs. Nearly all sources include it, so it
# changes only with a release: `packaging/version --write` runs this file with RELEASE. Until then, cmake writes new rows to
# MODULE/unreleased-NAME-ids.h, which is included only where a new row is named or the whole table is used. Both are
# committed. A row keeps its number wherever it is in the table; after a merge, also an unresolved one, unreleased rows are
# numbered in the order of their lines.
cmake_minimum_required(VERSION 3.22)

function(cgward_ids name table prefix module)
  set(released_header ${PROJECT_SOURCE_DIR}/include/cgward/${name}-ids.h)
  set(unreleased_header ${PROJECT_SOURCE_DIR}/${module}/unreleased-${name}-ids.h)
  set(rows_file ${PROJECT_SOURCE_DIR}/include/cgward/${table})
  file(STRINGS ${rows_file} rows REGEX "^[A-Z]+\\([A-Z0-9_]+,")
  list(TRANSFORM rows REPLACE "^[A-Z]+\\(([A-Z0-9_]+),.*" "${prefix}_\\1")
  file(STRINGS ${released_header} released REGEX "^\t${prefix}_[A-Z0-9_]+ = [0-9]+,$")
  list(TRANSFORM released REPLACE "^\t(.*) = .*" "\\1")
  set(unreleased "")
  if(EXISTS ${unreleased_header})
    file(STRINGS ${unreleased_header} unreleased REGEX "^#define ${prefix}_[A-Z0-9_]+ ")
    list(TRANSFORM unreleased REPLACE "^#define ([A-Z0-9_]+) .*" "\\1")
  endif()

  foreach(row IN LISTS released)
    if(NOT row IN_LIST rows)
      message(FATAL_ERROR "${row} of ${name}-ids.h has no row in ${table}: rows of a release are not removed")
    endif()
  endforeach()
  foreach(row IN LISTS unreleased)
    if(NOT row IN_LIST rows)
      list(REMOVE_ITEM unreleased ${row})
    endif()
  endforeach()
  list(APPEND unreleased ${rows})
  list(REMOVE_ITEM unreleased ${released})
  list(REMOVE_DUPLICATES unreleased)
  if(RELEASE)
    list(APPEND released ${unreleased})
    set(unreleased "")
  endif()

  string(TOUPPER ${name} NAME)
  set(number 0)
  set(text "/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ${name}-ids.h - the rows of ${table} and their numbers, which never change. */
#ifndef CGWARD_${NAME}_IDS_H
#define CGWARD_${NAME}_IDS_H

enum cgw_${name} {
")
  foreach(row IN LISTS released)
    string(APPEND text "\t${row} = ${number},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  foreach(enumerator CGW_${NAME}_COUNT ${ARGN})
    string(APPEND text "\t${enumerator},\n")
  endforeach()
  cgward_write_ids(${released_header} "${text}};\n\n#endif\n")

  set(text "/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unreleased-${name}-ids.h - the rows of ${table} that are not yet in ${name}-ids.h. */
#pragma once

#include <cgward/${name}-ids.h>

")
  foreach(row IN LISTS unreleased)
    string(APPEND text "#define ${row} ((enum cgw_${name})${number})\n")
    math(EXPR number "${number} + 1")
  endforeach()
  cgward_write_ids(${unreleased_header} "${text}#define ${NAME}_COUNT ${number}\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${rows_file} ${released_header} ${unreleased_header})
endfunction()

function(cgward_write_ids header text)
  set(committed "")
  if(EXISTS ${header})
    file(READ ${header} committed)
  endif()
  if(NOT committed STREQUAL text)
    message(STATUS "writing ${header}")
    file(WRITE ${header} "${text}")
  endif()
endfunction()

cgward_ids(metric metrics.def CGW_M src/lib/metric)
# What has an optional control, such as an action of the policy: its value does not depend on the number of controls.
cgward_ids(control controls.def CGW_C src/lib/limit "CGW_CONTROL_NONE = 65535")
