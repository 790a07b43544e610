def grant(*a): raise NotImplementedError
def revoke(*a): raise NotImplementedError
