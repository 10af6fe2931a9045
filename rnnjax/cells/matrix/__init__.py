"""Matrix memories: a state that is a matrix a head, written by keys and values, read by queries.

    S_t = A_t S_{t-1} + k_t^T v_t,  y_t = q_t S_t       S [dk, dv], rows q, k [dk], v [dv]

`A_t` is known from the input alone, so steps compose. Cells differ in what it forgets: nothing in
`LinearAttention`; each row by itself in `GLA`, `HGRN2`, `RWKV6` and, at fixed rates, `RetNet`; all
alike in `MLSTM` and `Mamba2`; what is stored under the new key in `DeltaNet` and `DeltaProduct`;
both in `GatedDeltaNet` and `RWKV7`. `RWKV4` keeps a vector, the average of values by weights of its
own.
"""
