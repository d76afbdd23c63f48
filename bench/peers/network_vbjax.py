"""vbjax's make_sdde with its Montbrio-Pazo-Roxin mass, jitted: stage-aware Heun, given noise, float32.

    c_i(t) = sum_j w_ij y_j(t - d_ij), both r and V; the drift gets G c; r >= 0 after predictor and corrector (`adhoc`)

The corrector reads the buffer as of t + 1, where the slot of t + 1 still holds noise: no delay may be 0 (`zero_delays` left
off, as vbjax advises). vbjax's own helper rounds delays down and reads the weights transposed; it is given ours instead.
The longest delay may be H: `nh` = H. The buffer is (H + 1 + T, 2, N): history, s(0), noise.
"""
import jax
import jax.numpy as jnp
import numpy as np
import vbjax
from vbjax.coupling import DelayHelper, delay_apply


class Montbrio:
    def __init__(self, case, steps):
        nodes, horizon = case.nodes, case.horizon
        weights = jnp.asarray(case.weights, jnp.float32)
        helper = DelayHelper(weights.T[:, :, None], jnp.asarray(case.delays, jnp.int32),
                             jnp.tile(jnp.arange(nodes), (nodes, 1)), horizon, nodes, nodes)
        # The helper multiplies (target, source, state) by Wt[target, source].
        helper = helper._replace(Wt=weights[:, :, None])
        theta = vbjax.mpr_default_theta

        def drift(buffer, x, t, G):
            return vbjax.mpr_dfun(x, G * delay_apply(helper, t, buffer), theta)

        sigma = jnp.asarray(case.sigma, jnp.float32)[:, None]
        _, loop = vbjax.make_sdde(case.dt, horizon, drift, lambda x, G: sigma, adhoc=vbjax.mpr_r_positive)
        buffer = np.concatenate([case.states(), case.noise(steps)]).astype(np.float32)
        self.buffer, self.G = jax.device_put(buffer), jnp.float32(case.G)
        self.compiled = jax.jit(loop).lower(self.buffer, self.G).compile()

    def run(self):
        self.result = jax.block_until_ready(self.compiled(self.buffer, self.G))

    def trajectory(self):
        self.run()
        return np.asarray(self.result[1]).transpose(1, 2, 0)


def candidates(case, steps):
    return {"vbjax make_sdde": Montbrio(case, steps)} if case.model == "mpr" else {}
