"""Matrix memories: `S_t = A_t S_{t-1} + k_t^T v_t`, read by a query, `y_t = q_t S_t`."""
