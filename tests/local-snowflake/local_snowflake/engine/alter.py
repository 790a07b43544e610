def alter(*a): raise NotImplementedError
def comment_on(*a): raise NotImplementedError
