# The library once more, built to misbehave on request: to die at its fault points, or to make mistakes that the tests
# must notice.

# pipes_add_variant makes, of the library with PIPES_<NAME> defined for SOURCES (relative to the project),
#   pipes_<name>_objects       an object library of SOURCES alone: nothing else is compiled anew
#   objects_with_<name>        a variable: the objects of the whole library
#   pipes_with_<name>          a shared library with nothing but the C ABI, built where something needs it
# <name> is NAME in lower case.
function(pipes_add_variant NAME)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  string(TOLOWER ${NAME} name)
  list(TRANSFORM arg_SOURCES APPEND ".o" OUTPUT_VARIABLE objects)
  list(JOIN objects "|" objects)
  list(TRANSFORM arg_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE sources)

  set(anew pipes_${name}_objects)
  add_library(${anew} OBJECT ${sources})
  target_compile_definitions(${anew} PRIVATE PIPES_BUILDING PIPES_${NAME})
  target_include_directories(${anew} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${anew} PRIVATE pipes_options Microsoft.GSL::GSL)
  set_target_properties(${anew} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden
                                           CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  set(all_objects "$<FILTER:$<TARGET_OBJECTS:pipes_objects>,EXCLUDE,/(${objects})$>" $<TARGET_OBJECTS:${anew}>)
  set(objects_with_${name} "${all_objects}" PARENT_SCOPE)

  set(shared pipes_with_${name})
  add_library(${shared} SHARED EXCLUDE_FROM_ALL ${all_objects})
  set_target_properties(${shared} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_options(${shared} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/libpipes.map -Wl,-z,nodelete)
  target_link_libraries(${shared} PRIVATE Threads::Threads)
endfunction()
