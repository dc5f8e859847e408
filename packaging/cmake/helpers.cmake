# Small functions of our own build, used by every CMakeLists.txt here. Not installed.

# pipes_glob sets `result` to the files that match the patterns, relative to the current folder, now and whenever a file
# comes or goes.
function(pipes_glob result)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  file(GLOB found CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# pipes_keep_this_system takes from the list of files `result` those of the other system: x_linux.cpp on Windows,
# x_windows.cpp elsewhere.
function(pipes_keep_this_system result)
  set(files ${${result}})
  if(WIN32)
    list(FILTER files EXCLUDE REGEX "_linux\\.cpp$")
  else()
    list(FILTER files EXCLUDE REGEX "_windows\\.cpp$")
  endif()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

# pipes_need_headers gives `target`, a library without a compiled part that `package` defines. For a cross compiler, which
# must not look into /usr/include, it is made from a copy of /usr/include/<folder> alone, with the `definitions` given.
function(pipes_need_headers package target folder)
  if(NOT CMAKE_CROSSCOMPILING)
    find_package(${package} REQUIRED)
    return()
  endif()
  set(copies ${CMAKE_BINARY_DIR}/headers)
  if(NOT EXISTS /usr/include/${folder})
    message(FATAL_ERROR "${package} is missing: there is no /usr/include/${folder} to copy")
  endif()
  file(COPY /usr/include/${folder} DESTINATION ${copies})
  add_library(pipes_headers_${folder} INTERFACE)
  add_library(${target} ALIAS pipes_headers_${folder})
  target_include_directories(pipes_headers_${folder} SYSTEM INTERFACE ${copies})
  target_compile_definitions(pipes_headers_${folder} INTERFACE ${ARGN})
endfunction()
