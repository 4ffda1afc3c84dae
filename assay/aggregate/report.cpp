#include "assay/aggregate/report.h"
