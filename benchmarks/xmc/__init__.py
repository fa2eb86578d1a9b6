"""Our model beside PECOS, omikuji, napkinXC and scikit-learn, on the same matrices."""
