{#- Fails with each row for which `expression` is not true; a null is not true, so say what may be null. -#}
{% test holds(model, expression) %}

select *
from {{ model }}
where not coalesce({{ expression }}, false)

{% endtest %}
