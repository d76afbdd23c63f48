// The delay map's drivers in single precision.
#include "f32.h"

#include "map/solve.h"
#include "map/run.h"
#include "map/jvp.h"
#include "map/vjp.h"
