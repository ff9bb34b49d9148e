"""From a regime's leading terms to solved dynamics: atoms, closures, certificates, solutions."""
