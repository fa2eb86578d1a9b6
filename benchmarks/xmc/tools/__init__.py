"""One module a tool, all with the same functions; each imports its tool on first use only.

``read_training(folder, threads)``
    The training data as the tool wants it. Not part of the training time.
``warm_up(parameters)``
    Whatever a process does once; measured apart.
``train(data, parameters, seed, threads, folder)``
    A trained model. The folder is for tools that write while they train.
``save(model, folder)``
``load(folder, threads)``
    Something to predict with.
``predict(model, X, k, beam)``
    Scores as csr, best k labels a row.
``row_of(X, i)``, ``predict_row(model, row, k, beam)``
    One row as the tool wants it, and its prediction; only the latter is timed.
"""
