{#-
    Fails when the relation is empty: nothing evaluated is nothing shown. A look into the past may find a fact empty,
    since nothing of its kind was known yet; there assert_facts_lose_no_key holds it to what the lake knew.
-#}
{% test has_rows(model) %}

select *
from (select count(*) as number_of_rows from {{ model }}) as counted
where number_of_rows = 0 and {{ as_of_date() }} = cast('9999-12-31' as date)

{% endtest %}
