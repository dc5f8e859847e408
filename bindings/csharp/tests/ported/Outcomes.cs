// What became of the calls of a scenario, as text that can be compared: what a call returned or threw, or how its task ended.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;

namespace Ported;

public sealed class Outcomes
{
    // A call that takes longer hangs.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static int s_names;

    private readonly List<(string What, string Outcome)> _all = [];
    private readonly HashSet<string> _names = [];

    public IReadOnlyList<(string What, string Outcome)> All => _all;

    /// <summary>A name that no pipe has.</summary>
    public static string NewName() => $"ported-{Environment.ProcessId}-{Interlocked.Increment(ref s_names)}";

    /// <summary>Notes something that is known already.</summary>
    public void Note(string what, object? outcome)
    {
        if (!_names.Add(what))
        {
            throw new InvalidOperationException($"There are two outcomes of {what}.");
        }

        _all.Add((what, TextOf(outcome)));
    }

    /// <summary>Notes what becomes of a call that returns nothing.</summary>
    public Task Of(string what, Action call) => Of(what, () =>
    {
        call();
        return "done";
    });

    /// <summary>Notes what becomes of a call, or of the task that it returns.</summary>
    public async Task Of(string what, Func<object?> call, CancellationToken token = default)
    {
        object? result;
        try
        {
            result = call();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Note(what, $"throws {TextOf(error, token)}");
            return;
        }

        Note(what, result is Task task ? await EndOf(task, token) : result);
    }

    /// <summary>How a task ends.</summary>
    private static async Task<string> EndOf(Task task, CancellationToken token)
    {
        try
        {
            await task.WaitAsync(s_patience);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return "task: has not ended";
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return $"task: {TextOf(error, token)}{(error is OperationCanceledException && !task.IsCanceled ? ", faulted" : "")}";
        }

        return task is Task<int> count ? $"task: {TextOf(count.Result)}" : "task: done";
    }

    private static string TextOf(Exception error, CancellationToken token) => error switch
    {
        ArgumentException argument => $"{error.GetType().Name}({argument.ParamName})",
        OperationCanceledException cancelled =>
            $"OperationCanceledException({(cancelled.CancellationToken == token && token.CanBeCanceled ? "the token" : "")})",
        _ => error.GetType().Name,
    };

    private static string TextOf(object? value) => value switch
    {
        null => "null",
        byte[] bytes => Convert.ToHexString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
