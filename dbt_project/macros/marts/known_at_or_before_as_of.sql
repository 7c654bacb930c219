{#- Fails with each row that could not be known at T, the variable as_of. -#}
{% test known_at_or_before_as_of(model) %}

select *
from {{ model }}
where not ({{ known_by() }})

{% endtest %}
