# The simulator's presets become part of the program: every file of sim/presets is turned into bytes in one C file and the
# library sim_presets, declared in sim/preset.h. As with embed_web.cmake the file is included by the build and run as a
# script (cmake -DFOLDER=... -DOUT=... -P embed_presets.cmake) by its own custom command.

function(presets_write folder out)
  file(GLOB names RELATIVE ${folder} ${folder}/*.json)
  list(SORT names)
  set(arrays "")
  set(rows "")
  set(n 0)
  foreach(name ${names})
    file(READ ${folder}/${name} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
           bytes "${bytes}")
    string(APPEND arrays "static const unsigned char file_${n}[] = {\n${bytes}0\n};\n")
    string(APPEND rows "    { \"${name}\", file_${n}, ${size} },\n")
    math(EXPR n "${n} + 1")
  endforeach()
  file(WRITE ${out} "/* Written by cmake/embed_presets.cmake from sim/presets; do not edit. */\n"
    "#include \"sim/preset.h\"\n\n${arrays}\n"
    "const struct preset_file preset_files[] = {\n${rows}};\n"
    "const size_t preset_files_count = sizeof(preset_files) / sizeof(preset_files[0]);\n")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  presets_write(${FOLDER} ${OUT})
  return()
endif()

file(GLOB preset_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sim/presets/*.json)
set(presets_c ${CMAKE_BINARY_DIR}/sim_presets.c)
add_custom_command(OUTPUT ${presets_c}
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_SOURCE_DIR}/sim/presets -DOUT=${presets_c} -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${preset_sources} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Embedding sim/presets" VERBATIM)
add_library(sim_presets STATIC ${presets_c})
target_include_directories(sim_presets PRIVATE ${CMAKE_BINARY_DIR}/include/sim)
target_compile_options(sim_presets PRIVATE ${ORDERLY_WARNINGS})
target_link_libraries(sim PRIVATE sim_presets)
