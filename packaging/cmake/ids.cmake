# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cgward_ids(NAME TABLE PREFIX [ENUMERATOR...]): writes include/cgward/NAME-ids.h, the enum of the rows of TABLE and the
# other ENUMERATORs, if it changed.
#
# cmake adds new rows to it. It is committed, and is the record of the numbers, with which programs are compiled: each row keeps its number wherever it
# is in the table, and a new row gets the next one. After a merge, also an unresolved one, the first row with a number
# keeps it, and rows without one get their own. Only the files that use the table itself include it, so that a change of a
# row rebuilds a few objects.
function(cgward_ids name table prefix)
  set(header ${PROJECT_SOURCE_DIR}/include/cgward/${name}-ids.h)
  set(table ${PROJECT_SOURCE_DIR}/include/cgward/${table})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${table} ${header})
  file(STRINGS ${table} rows REGEX "^[A-Z]+\\([A-Z0-9_]+,")
  list(TRANSFORM rows REPLACE "^[A-Z]+\\(([A-Z0-9_]+),.*" "${prefix}_\\1")
  list(LENGTH rows count)

  set(committed "")
  set(lines "")
  if(EXISTS ${header})
    file(READ ${header} committed)
    file(STRINGS ${header} lines REGEX "^\t${prefix}_[A-Z0-9_]+ = [0-9]+,$")
  endif()
  set(new ${rows})
  foreach(line IN LISTS lines)
    string(REGEX MATCH "(${prefix}_[A-Z0-9_]+) = ([0-9]+)" line "${line}")
    if(CMAKE_MATCH_1 IN_LIST new AND NOT DEFINED row_${CMAKE_MATCH_2})
      set(row_${CMAKE_MATCH_2} ${CMAKE_MATCH_1})
      list(REMOVE_ITEM new ${CMAKE_MATCH_1})
    endif()
  endforeach()
  set(text "")
  math(EXPR last "${count} - 1")
  foreach(number RANGE ${last})
    if(NOT DEFINED row_${number})
      if(NOT new)
        message(FATAL_ERROR "number ${number} of ${name}-ids.h has no row in its table: rows of a release are not removed, "
          "and later ones keep their numbers")
      endif()
      list(POP_FRONT new row_${number})
    endif()
    string(APPEND text "\t${row_${number}} = ${number},\n")
  endforeach()

  string(TOUPPER ${name} NAME)
  get_filename_component(table ${table} NAME)
  set(text "/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ${name}-ids.h - the rows of ${table} and their numbers, which never change. */
#ifndef CGWARD_${NAME}_IDS_H
#define CGWARD_${NAME}_IDS_H

enum cgw_${name} {
${text}\tCGW_${NAME}_COUNT,
")
  foreach(enumerator IN LISTS ARGN)
    string(APPEND text "\t${enumerator},\n")
  endforeach()
  string(APPEND text "};\n\n#endif\n")
  if(NOT committed STREQUAL text)
    message(STATUS "writing include/cgward/${name}-ids.h")
    file(WRITE ${header} "${text}")
  endif()
endfunction()

cgward_ids(metric metrics.def CGW_M)
# What has an optional control, such as an action of the policy: its value does not depend on the number of controls.
cgward_ids(control controls.def CGW_C "CGW_CONTROL_NONE = 65535")
