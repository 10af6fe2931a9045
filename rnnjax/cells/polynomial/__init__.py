"""Polynomial memories: `m_t = m_{t-1} a_t + u_t b_t`, the past as coefficients, maps given."""
