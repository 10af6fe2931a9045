"""Matrix memories: a state that is a matrix a head, written by keys and values, read by queries.

    S_t = A_t S_{t-1} + k_t^T v_t,  y_t = q_t S_t       S [dk, dv], rows q, k [dk], v [dv]

`A_t` is known from the input alone, so steps compose. Cells differ in what it forgets: a decay of
each row in `GLA`, what is stored under the new key in `DeltaNet`, all alike in `MLSTM`.
"""
