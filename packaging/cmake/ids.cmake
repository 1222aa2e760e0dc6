# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cgward_ids(NAME TABLE PREFIX): writes include/cgward/NAME-ids.h, the enum of the rows of TABLE, if it changed.
#
# It is committed. Only the files that use the table itself include it, so that a change of a row rebuilds a few objects.
function(cgward_ids name table prefix)
  set(directory ${PROJECT_SOURCE_DIR}/include/cgward)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${directory}/${table})
  file(STRINGS ${directory}/${table} rows REGEX "^[A-Z]+\\([A-Z0-9_]+,")
  list(TRANSFORM rows REPLACE "^[A-Z]+\\(([A-Z0-9_]+),.*" "\t${prefix}_\\1,\n")
  string(JOIN "" rows ${rows})
  string(TOUPPER ${name} NAME)
  set(text "/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ${name}-ids.h - the rows of ${table}; cmake writes it, do not edit. */
#ifndef CGWARD_${NAME}_IDS_H
#define CGWARD_${NAME}_IDS_H

enum cgw_${name} {
${rows}\tCGW_${NAME}_COUNT,
};

#endif
")
  set(committed "")
  if(EXISTS ${directory}/${name}-ids.h)
    file(READ ${directory}/${name}-ids.h committed)
  endif()
  if(NOT committed STREQUAL text)
    message(STATUS "writing include/cgward/${name}-ids.h")
    file(WRITE ${directory}/${name}-ids.h "${text}")
  endif()
endfunction()

cgward_ids(metric metrics.def CGW_M)
cgward_ids(control controls.def CGW_C)
