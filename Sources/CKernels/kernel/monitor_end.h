// The end of every monitor file: makes of its definitions what the pass over the register asks for, and undefines them.
#if DN_PASS == DN_PASS_LIST
{
    .description =
        {
            .name = DN_TEXT(DN_MONITOR),
            .title = DN_MONITOR_TITLE,
            .source = DN_MONITOR_SOURCE,
            .memory = DN_MONITOR_MEMORY,
            .periodic = DN_MONITOR_PERIODIC,
#ifdef DN_MONITOR_INTERIM
            .interim = 1,
            .parameters = sizeof DN_JOIN(DN_MONITOR, parameters) / sizeof *DN_JOIN(DN_MONITOR, parameters),
            .parameter = DN_JOIN(DN_MONITOR, parameters),
#endif
#ifdef DN_MONITOR_PROJECTS
            .projects = 1,
#endif
#ifdef DN_MONITOR_PRESETS
            .presets = sizeof DN_JOIN(DN_MONITOR, presets) / sizeof *DN_JOIN(DN_MONITOR, presets),
            .preset = DN_JOIN(DN_MONITOR, presets),
#endif
        },
#ifdef DN_MONITOR_INTERIM
    .prepare = DN_JOIN(DN_MONITOR, prepare),
#endif
#ifdef DN_MONITOR_RECORDED
    .recorded = DN_MONITOR_RECORDED,
    .recorded_first = DN_MONITOR_RECORDED_FIRST,
#endif
},

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
#undef DN_MONITOR_INTERIM
#undef DN_MONITOR_PROJECTS
#undef DN_MONITOR_PRESETS
#undef DN_MONITOR_RECORDED
#undef DN_MONITOR_RECORDED_FIRST
