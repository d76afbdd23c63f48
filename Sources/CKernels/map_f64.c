// The delay map's drivers in double precision.
#include "f64.h"

#include "map/solve.h"
#include "map/run.h"
#include "map/jvp.h"
#include "map/vjp.h"
