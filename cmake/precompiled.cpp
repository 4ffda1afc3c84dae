// Nothing: the headers of precompiled.cmake are what this is for.
