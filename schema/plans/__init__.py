"""Operations compiled to plans.

A plan reads what an operation asks for in a constant number of statements with only the selected
columns, and writes the rows straight into the answer. It is derived from the sources that fields
are declared with (`sources`). What a plan cannot do, the resolvers do: they stay the definition of
what a field means, and a test compares the two byte by byte.
"""
