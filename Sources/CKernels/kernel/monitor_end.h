// The end of every monitor file: makes of its definitions what the pass over the register asks for, and undefines them.
#if DN_PASS == DN_PASS_LIST
{.name = DN_TEXT(DN_MONITOR),
 .title = DN_MONITOR_TITLE,
 .source = DN_MONITOR_SOURCE,
 .memory = DN_MONITOR_MEMORY,
 .periodic = DN_MONITOR_PERIODIC},

#elif DN_PASS == DN_PASS_TABLE
{
    .advance = DN_JOIN(DN_MONITOR, advance),
    .advance_vjp = DN_JOIN(DN_MONITOR, advance_vjp),
    .advance_jvp = DN_JOIN(DN_MONITOR, advance_jvp),
},
#endif

#undef DN_MONITOR
#undef DN_MONITOR_TITLE
#undef DN_MONITOR_SOURCE
#undef DN_MONITOR_MEMORY
#undef DN_MONITOR_PERIODIC
