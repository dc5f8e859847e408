// Whether the other tests leave nothing out.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using Xunit;

namespace Pipes.Tests;

public sealed class CompletenessTests
{
    /// <summary>Every public method, property and constructor is called somewhere in the tests.</summary>
    [Fact]
    public void EveryPublicMemberIsTested()
    {
        HashSet<string> called = [.. MembersCalled()];
        string[] missing = [.. MembersOffered().Distinct().Where(member => !called.Contains(member)).Order()];
        Assert.True(missing.Length == 0, $"No test calls {string.Join(", ", missing)}.");
    }

    // What another class declared first is called by that class's name: a Stream's Flush is no member to look for.
    private static IEnumerable<string> MembersOffered() =>
        from type in typeof(PipeStream).Assembly.GetExportedTypes()
        where !type.IsEnum && !typeof(Delegate).IsAssignableFrom(type)
        from member in type.GetMembers(
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        let method = member as MethodBase
        where method is not null && !IsOfTheCompiler(method)
        where method is not MethodInfo info || info.GetBaseDefinition().DeclaringType == type
        select $"{type.FullName}.{method.Name}";

    // Records have members that nobody wrote, though they tell their parts by what looks like one of these.
    private static bool IsOfTheCompiler(MethodBase method) =>
        method.IsDefined(typeof(CompilerGeneratedAttribute), false) &&
        (method is not MethodInfo info || !info.IsSpecialName || IsInitializer(info) ||
         info.Name.StartsWith("op_", StringComparison.Ordinal));

    private static bool IsInitializer(MethodInfo method) =>
        method.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static IEnumerable<string> MembersCalled()
    {
        using FileStream file = File.OpenRead(typeof(CompletenessTests).Assembly.Location);
        using PEReader program = new(file);
        MetadataReader metadata = program.GetMetadataReader();
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
            {
                TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
                yield return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}.{metadata.GetString(member.Name)}";
            }
        }
    }
}
