"""Order parameters, and the closed equations that merging gives them.

- :mod:`~diagrams.order_parameters.cutting`: diagrams cut at the indices of large families;
- :mod:`~diagrams.order_parameters.steps`: the mean change in one step of one-pass SGD;
- :mod:`~diagrams.order_parameters.closing`: the derivation, until nothing new arises;
- :mod:`~diagrams.order_parameters.closed_system`: its result;
- :mod:`~diagrams.order_parameters.function_values`: averages of functions in numbers;
- :mod:`~diagrams.order_parameters.restricting`: invariant families of order parameters;
- :mod:`~diagrams.order_parameters.numbers`: arrays, initial draws, numerical integration;
- :mod:`~diagrams.order_parameters.fluctuations`: means and covariances of SGD to order 1/N.
"""
