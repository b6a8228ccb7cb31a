# SPDX-License-Identifier: MIT
# The shared library optimised as a whole: fewer instructions for an APDU. gcc makes objects that can be
# linked either way: tests link them as they are, and the static library is cleaned of what only this
# very compiler could read.
set(linked_as_one ${parts})
if(ISCARD_PCSC)
  list(APPEND linked_as_one ccid_pcsc)
endif()
foreach(part ${linked_as_one})
  target_compile_options(${part} PRIVATE -flto=auto -ffat-lto-objects -fno-plt)
endforeach()
target_link_options(ccid_flags INTERFACE
  $<IF:$<BOOL:$<TARGET_PROPERTY:ISCARD_LINKED_AS_ONE>>,-flto=auto,-fno-lto>)
set_target_properties(iscard_shared PROPERTIES ISCARD_LINKED_AS_ONE ON)
add_custom_command(TARGET iscard_static POST_BUILD
  COMMAND ${CMAKE_OBJCOPY} --wildcard --remove-section=.gnu.lto_* --remove-section=.gnu.debuglto_*
    $<TARGET_FILE:iscard_static> VERBATIM)
