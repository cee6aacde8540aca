"""Built indexes: dense (FAISS), lexical (BM25), and the snapshot folder that holds both."""
