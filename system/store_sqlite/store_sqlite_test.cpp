#include "system/store_sqlite/store_sqlite.h"

#include <gtest/gtest.h>
