// The drivers of networks of neural masses in double precision.
#include "f64.h"

#include "network/arrays.h"
#include "network/inputs.h"
#include "network/sums.h"
#include "network/pass.h"
#include "network/adjoint.h"
#include "network/tangent.h"
#include "network/drive.h"
