// Whether a program for System.IO.Pipes does the same once its `using` says Pipes. The scenarios in the folder `ported` are
// compiled with either, and what their calls come to is compared.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO.Enumeration;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Ported;
using Xunit;

namespace Pipes.Tests;

public sealed class PortingTests
{
    private const string Ours = "Ported.ToPipes";
    private const string Theirs = "Ported.FromSystem";

    private static readonly ConcurrentDictionary<string, Task<IReadOnlyList<Difference>>> s_differences = new();

    public static TheoryData<string> Scenarios()
    {
        TheoryData<string> names = [];
        foreach (MethodInfo scenario in ScenariosOf(Ours))
        {
            names.Add(NameOf(scenario));
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task APortedProgramDoesTheSame(string scenario)
    {
        IEnumerable<Difference> unjustified = (await DifferencesOf(scenario))
            .Where(one => !PortingReasons.Here.Any(reason => Justifies(reason, one)));
        Assert.True(!unjustified.Any(), $"\n{string.Join('\n', unjustified)}");
    }

    /// <summary>A reason that no difference has any more is to go.</summary>
    [FactOfLinux]
    public async Task EveryReasonIsNeeded()
    {
        List<Difference> all = [];
        foreach (MethodInfo scenario in ScenariosOf(Ours))
        {
            all.AddRange(await DifferencesOf(NameOf(scenario)));
        }

        IEnumerable<PortingReasons.Reason> unused =
            PortingReasons.Here.Where(reason => !all.Any(one => Justifies(reason, one)));
        Assert.True(!unused.Any(), $"\n{string.Join('\n', unused)}");
    }

    private static bool Justifies(PortingReasons.Reason reason, Difference difference) =>
        FileSystemName.MatchesSimpleExpression(reason.Call, $"{difference.Scenario}: {difference.Call}", ignoreCase: false) &&
        FileSystemName.MatchesSimpleExpression(reason.Theirs, difference.Theirs, ignoreCase: false) &&
        FileSystemName.MatchesSimpleExpression(reason.Ours, difference.Ours, ignoreCase: false);

    private static string NameOf(MethodInfo scenario) => $"{scenario.DeclaringType!.Name}.{scenario.Name}";

    private static IEnumerable<MethodInfo> ScenariosOf(string space) =>
        from type in typeof(PortingTests).Assembly.GetTypes()
        where type.Namespace == space && type.IsPublic
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static)
        where method.GetParameters() is [{ ParameterType: Type parameter }] && parameter == typeof(Outcomes)
        select method;

    private static Task<IReadOnlyList<Difference>> DifferencesOf(string scenario) =>
        s_differences.GetOrAdd(scenario, Compare);

    private static async Task<IReadOnlyList<Difference>> Compare(string scenario)
    {
        Task<Dictionary<string, string>> running = Run(Theirs, scenario);
        Dictionary<string, string> ours = await Run(Ours, scenario);
        Dictionary<string, string> theirs = await running;
        return
        [
            .. from call in ours.Keys.Union(theirs.Keys)
               let one = theirs.GetValueOrDefault(call, "(not done)")
               let other = ours.GetValueOrDefault(call, "(not done)")
               where one != other
               select new Difference(scenario, call, one, other),
        ];
    }

    private static async Task<Dictionary<string, string>> Run(string space, string scenario)
    {
        MethodInfo method = ScenariosOf(space).Single(one => NameOf(one) == scenario);
        Outcomes outcomes = new();

        // On threads that have no context, as a program without windows has them.
        await Task.Run(() => method.CreateDelegate<Func<Outcomes, Task>>()(outcomes)).WaitAsync(TimeSpan.FromSeconds(60));
        return outcomes.All.ToDictionary(one => one.What, one => one.Outcome);
    }

    private sealed record Difference(string Scenario, string Call, string Theirs, string Ours)
    {
        public override string ToString() => $"{Scenario}: {Call}: System.IO.Pipes: {Theirs}; Pipes: {Ours}";
    }
}
