"""What of the contract is the frame transports' alone, and why. All other tests run over GraphQL as well."""

FRAMES = "about the frame itself: hashes, batches, what is no frame"
TYPED = "GraphQL's own types refuse it before, in their own words (tests/graphql/test_bad_input.py)"

CHOICE = "over GraphQL one object and several are different fields, so there is no choice to get wrong"
META = "GraphQL has no `meta`, so no idempotency key"
INTROSPECTION = "GraphQL has introspection instead of the verb `schema`"
SEVERAL = "several objects are several fields, of which those that wait together share a query (test_statements.py)"
OPEN = "GraphQL shows declared fields and takes declared arguments only (tests/graphql/test_own_rows.py)"
EVERY = "*"

#: test file -> test, or all of them -> why
FRAMES_ONLY: dict[str, dict[str, str]] = {
    "test_batches.py": {
        "test_what_is_no_batch": CHOICE,
        "test_rows_of_the_wrong_form": TYPED,
        "test_only_save_takes_rows": TYPED,
        "test_delete_wants_one_kind_of_key": CHOICE,
    },
    "test_filters.py": {"test_a_wrong_filter_names_those_that_there_are": TYPED},
    "test_frames.py": {
        "test_a_reply_carries_the_hash": FRAMES,
        "test_data_and_meta_may_be_missing": FRAMES,
        "test_what_is_no_frame": FRAMES,
        "test_unknown_streams_and_verbs": TYPED,
        "test_a_batch_is_answered_frame_by_frame": FRAMES,
        "test_a_batch_has_its_limits": FRAMES,
    },
    "test_idempotency.py": {EVERY: META},
    "test_made_rows.py": {"test_the_number_of_statements_is_constant": SEVERAL},
    "test_own_rows.py": {EVERY: OPEN},
    "test_queries.py": {
        "test_retrieve": SEVERAL,
        "test_a_tree": SEVERAL,
        "test_nested_relations_of_every_kind": SEVERAL,
        "test_refusals_ask_no_more_than_answers": TYPED,
    },
    "test_reads.py": {"test_retrieve_wants_one_kind_of_key": CHOICE},
    "test_schema.py": {EVERY: INTROSPECTION},
}
