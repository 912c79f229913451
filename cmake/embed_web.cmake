# The page becomes part of the daemon: every text file of controller/web is turned into bytes in one C file and the
# library web_files, declared in controller/edge/web_files.h; so is schema/openapi.json, the description of the API. The
# file is included by the build and run as a script
# (cmake -DFOLDER=... -DDOCUMENT=... -DOUT=... -P embed_web.cmake) by its own custom command, so no other tool is needed.

function(embed_type name out)
  get_filename_component(ext ${name} LAST_EXT)
  if(ext STREQUAL ".html")
    set(${out} "text/html; charset=utf-8" PARENT_SCOPE)
  elseif(ext STREQUAL ".js")
    set(${out} "text/javascript; charset=utf-8" PARENT_SCOPE)
  elseif(ext STREQUAL ".css")
    set(${out} "text/css; charset=utf-8" PARENT_SCOPE)
  elseif(ext STREQUAL ".svg")
    set(${out} "image/svg+xml; charset=utf-8" PARENT_SCOPE)
  elseif(ext STREQUAL ".json")
    set(${out} "application/json; charset=utf-8" PARENT_SCOPE)
  else()
    message(FATAL_ERROR "${name}: only .html .js .css .svg .json can be embedded")
  endif()
endfunction()

# The bytes of one file as an array and the members of its struct web_file but the path.
function(embed_file path name array row)
  embed_type(${path} type)
  file(READ ${path} hex HEX)
  file(SHA256 ${path} hash)
  string(SUBSTRING ${hash} 0 16 etag)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
         bytes "${bytes}")
  set(${array} "static const unsigned char ${name}[] = {\n${bytes}0\n};\n" PARENT_SCOPE)
  set(${row} "\"${type}\", ${name}, ${size}, \"\\\"${etag}\\\"\" }" PARENT_SCOPE)
endfunction()

function(embed_write folder document out)
  file(GLOB names RELATIVE ${folder} ${folder}/*)
  list(SORT names)
  set(arrays "")
  set(rows "")
  set(root "")
  set(n 0)
  foreach(name ${names})
    embed_file(${folder}/${name} file_${n} array row)
    string(APPEND arrays "${array}")
    set(row "${row},\n")
    string(APPEND rows "    { \"/${name}\", ${row}")
    if(name STREQUAL "index.html")
      set(root "    { \"/\", ${row}")
    endif()
    math(EXPR n "${n} + 1")
  endforeach()
  embed_file(${document} document array row)
  string(APPEND arrays "${array}")
  if(root STREQUAL "")
    message(FATAL_ERROR "${folder}: index.html is missing")
  endif()
  file(WRITE ${out} "/* Written by cmake/embed_web.cmake from controller/web; do not edit. */\n"
    "#include \"edge/web_files.h\"\n\n${arrays}\n"
    "const struct web_file web_files[] = {\n${root}${rows}};\n"
    "const size_t web_files_count = sizeof(web_files) / sizeof(web_files[0]);\n\n"
    "const struct web_file api_document = { \"\", ${row};\n")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  embed_write(${FOLDER} ${DOCUMENT} ${OUT})
  return()
endif()

file(GLOB web_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/controller/web/*)
set(api_json ${CMAKE_SOURCE_DIR}/schema/openapi.json)
set(web_c ${CMAKE_BINARY_DIR}/web_files.c)
add_custom_command(OUTPUT ${web_c}
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_SOURCE_DIR}/controller/web
    -DDOCUMENT=${api_json} -DOUT=${web_c} -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${web_sources} ${api_json} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Embedding controller/web" VERBATIM)
add_library(web_files STATIC ${web_c})
target_include_directories(web_files PRIVATE ${CMAKE_BINARY_DIR}/include/edge)
target_compile_options(web_files PRIVATE ${ORDERLY_WARNINGS})
target_link_libraries(edge PRIVATE web_files)
