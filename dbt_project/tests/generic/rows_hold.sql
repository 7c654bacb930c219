{#-
    Every rule that a row keeps, in one pass over the relation. Fails with each row that breaks one, and names
    what does not hold of it in front of its columns.

    unique: columns that hold in no two rows the same; nulls count as values. Tables under contract have a key there.
    known_at_or_before_as_of: the row could be known at T, the variable as_of; null where no moment is told.
    filled: columns that are never null. Tables under contract have it in their contract.
    values: column to all that it may hold; null is allowed.
    rules: name to an expression that is true of each row; a null is not true, so say what may be null.
-#}
{% test rows_hold(model, unique=[], known_at_or_before_as_of=false, filled=[], values={}, rules={}) %}

select *
from (
    select
        {{ rules_not_held(unique, known_at_or_before_as_of, filled, values, rules) }} as does_not_hold,
        *
    from {{ model }}
) as judged
where does_not_hold <> ''

{% endtest %}
