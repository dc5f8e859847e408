# The library once more, able to die at its fault points (src/support/fault_point.h): as a shared library with nothing but
# the C ABI, and as an archive with the inside. Only the sources that have such a point are compiled anew.
get_target_property(library_sources pipes_objects SOURCES)
set(fault_sources)
foreach(source ${library_sources})
  file(STRINGS ${source} points REGEX "PIPES_CRASH_POINT|PIPES_FAULT_POINTS")
  if(points)
    file(RELATIVE_PATH source ${PROJECT_SOURCE_DIR} ${source})
    list(APPEND fault_sources ${source})
  endif()
endforeach()
pipes_add_variant(FAULT_POINTS SOURCES ${fault_sources})

add_library(pipes_internal_with_fault_points STATIC EXCLUDE_FROM_ALL ${objects_with_fault_points})
set_target_properties(pipes_internal_with_fault_points PROPERTIES LINKER_LANGUAGE CXX)
target_compile_definitions(pipes_internal_with_fault_points INTERFACE PIPES_STATIC PIPES_FAULT_POINTS)
target_include_directories(pipes_internal_with_fault_points INTERFACE ${PROJECT_SOURCE_DIR}/src
                                                                      ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(pipes_internal_with_fault_points INTERFACE Threads::Threads Microsoft.GSL::GSL)
