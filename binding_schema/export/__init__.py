"""The whole schema, for front ends and tools: printed from the IR alone, in several formats."""
