"""How alike two recordings of the same moments are, and two dynamics.

Measures differ in what they take for the same: CKA and Procrustes turned and scaled states, CCA
states under any invertible map, `dynamics_distance` dynamics whatever the states look like.
"""
