# What the build for Windows needs beside the sources: GoogleTest from its sources, and how the DLL is made.
# Windows 10 is the oldest system.
add_compile_definitions(_WIN32_WINNT=0x0A00 UNICODE _UNICODE)

# No run-time library of the compiler beside the programs. All three are needed: see `objdump -p`.
if(MINGW)
  add_link_options(-static -static-libgcc -static-libstdc++)
endif()

# GoogleTest is built from Debian's sources when cross-compiling.
if(CMAKE_CROSSCOMPILING)
  set(googletest_sources /usr/src/googletest)
  set(GTest_FOUND OFF)
  if(EXISTS ${googletest_sources}/CMakeLists.txt)
    set(GTest_FOUND ON)
  endif()
else()
  find_package(GTest QUIET)
endif()

# pipes_add_googletest gives GTest::gmock and GTest::gmock_main, built from Debian's sources when cross-compiling.
function(pipes_add_googletest)
  if(NOT CMAKE_CROSSCOMPILING OR TARGET gmock)
    return()
  endif()
  set(INSTALL_GTEST OFF)
  set(BUILD_GMOCK ON)
  set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  add_subdirectory(${googletest_sources} ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
  foreach(library gtest gmock gmock_main)
    if(NOT TARGET GTest::${library})
      add_library(GTest::${library} ALIAS ${library})
    endif()
  endforeach()
endfunction()

# Makes an import library of the kind that Microsoft's tools make; GNU's dlltool only knows another.
find_program(PIPES_LLVM_DLLTOOL NAMES llvm-dlltool)
mark_as_advanced(PIPES_LLVM_DLLTOOL)

# pipes_finish_dll: the exports are those of pipes.def, the file is pipes.dll, and it says which version it is.
# With mingw-w64, lib/pipes.lib comes into being beside lib/libpipes.dll.a.
function(pipes_finish_dll target)
  configure_file(${PROJECT_SOURCE_DIR}/packaging/windows/pipes.rc.in ${CMAKE_BINARY_DIR}/pipes.rc @ONLY)
  target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/pipes.def ${CMAKE_BINARY_DIR}/pipes.rc)
  set_target_properties(${target} PROPERTIES PREFIX "")
  target_link_libraries(${target} PRIVATE ntdll synchronization)
  if(MINGW AND PIPES_LLVM_DLLTOOL)
    set(import_library ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/pipes.lib)
    add_custom_command(
      TARGET ${target} POST_BUILD BYPRODUCTS ${import_library} VERBATIM
      COMMAND ${PIPES_LLVM_DLLTOOL} -m i386:x86-64 -d ${PROJECT_SOURCE_DIR}/pipes.def -l ${import_library})
  endif()
endfunction()
