// Time-outs of asynchronous operations: a token that is cancelled when the time is over.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Pipes.Interop;

internal static class Deadline
{
    /// <summary>Does what ends by itself, by the token, or with a <see cref="TimeoutException"/>.</summary>
    public static ValueTask<TResult> Run<TWhat, TResult>(
        TimeSpan timeout, CancellationToken token, TWhat what, Func<TWhat, CancellationToken, ValueTask<TResult>> call)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        return milliseconds == Native.PIPES_INFINITE ? call(what, token) : Limited(milliseconds, token, what, call);
    }

    /// <summary>Does what ends by itself, by the token, or with a <see cref="TimeoutException"/>.</summary>
    public static ValueTask Run<TWhat>(
        TimeSpan timeout, CancellationToken token, TWhat what, Func<TWhat, CancellationToken, ValueTask> call)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        return milliseconds == Native.PIPES_INFINITE
            ? call(what, token)
            : new ValueTask(Limited(
                milliseconds, token, (what, call),
                static async (both, limited) =>
                {
                    await both.call(both.what, limited).ConfigureAwait(false);
                    return 0;
                }).AsTask());
    }

    private static async ValueTask<TResult> Limited<TWhat, TResult>(
        uint milliseconds, CancellationToken token, TWhat what, Func<TWhat, CancellationToken, ValueTask<TResult>> call)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(token);

        // It begins before the time runs, so that what is there already is had with no time at all.
        ValueTask<TResult> operation = call(what, limit.Token);
        if (!operation.IsCompleted)
        {
            limit.CancelAfter((int)milliseconds);
        }

        try
        {
            return await operation.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            token.ThrowIfCancellationRequested();
            throw Errors.TimedOut();
        }
    }
}
