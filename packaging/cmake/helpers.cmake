# Small functions of our own build, used by every CMakeLists.txt here. Not installed.

# pipes_glob sets `result` to the files that match the patterns, relative to the current folder, now and whenever a file
# comes or goes.
function(pipes_glob result)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  file(GLOB found CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
  set(${result} ${found} PARENT_SCOPE)
endfunction()
